"""Lists of names: anywhere, at the root alone, whole directories; the first reason counts."""

from patchwire.patch.naming import reasons

WHY = reasons([("a file", "makefile *.mk a/b.txt"), ("a directory", ".vs/ a/b.txt"), ("at the root", "/tasks.py")])


def test_a_name_is_known_anywhere_and_a_star_stays_within_it() -> None:
    assert WHY("Makefile") == WHY("x/y/makefile") == WHY("x/rules.mk") == "a file"
    assert WHY("makefile.py") is WHY("a.mk/x") is WHY("xmakefile") is None


def test_a_directory_is_all_that_is_in_it() -> None:
    assert WHY("x/.vs/y/z") == WHY(".vs") == "a directory"
    assert WHY(".vsx/y") is None


def test_some_names_count_at_the_root_alone() -> None:
    assert WHY("tasks.py") == "at the root"
    assert WHY("shop/tasks.py") is None


def test_the_first_reason_is_given() -> None:
    assert WHY("x/a/b.txt") == "a file"
