"""The command-line shell: arguments, terminal output and exit codes live and die here.

Must not know `lsp`.
"""
