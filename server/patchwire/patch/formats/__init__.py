"""One module per format that models write, each from lines of text to the values of `patch.model`.

Must not know the files that a patch is for: a format is read the same whatever it will be applied to.
"""
