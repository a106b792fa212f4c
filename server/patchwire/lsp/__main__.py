"""`python -m patchwire.lsp` is `patchwire-lsp`."""

from patchwire.lsp.server import main

main()
