"""The language-server shell: LSP types live and die here.

Must not know `cli`.
"""
