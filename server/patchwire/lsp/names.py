"""The commands that the server offers, each with the function of `commands` that does it. Data, so that the server can
say what it offers without loading what does it.
"""

COMMANDS = {
    "patchwire.fixTests": "fix_tests",
    "patchwire.fixDiagnostic": "fix_diagnostic",
    "patchwire.doComment": "do_comment",
    "patchwire.editSelection": "edit_selection",
    "patchwire.continue": "continue_",
    "patchwire.addMessage": "add_message",
    "patchwire.cancel": "cancel",
    "patchwire.applyChange": "changes.apply",
    "patchwire.discardChange": "changes.discard",
    "patchwire.showChange": "changes.show",
    "patchwire.runTests": "run_tests",
    "patchwire.setModel": "set_model",
    "patchwire.setTrust": "set_trust",
    "patchwire.listSessions": "list_sessions",
    "patchwire.resumeSession": "resume_session",
    "patchwire.status": "status",
}
KINDS = ("refactor.rewrite.patchwire", "source.patchwire")
"""Kinds of our code actions: about a place, and about everything. Never `quickfix`: some editors do all of those."""
