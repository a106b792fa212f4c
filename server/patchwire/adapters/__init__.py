"""One file per outside thing: sockets, processes, git, test runners. Each fulfils a port of `patchwire.ports`.

Must not know `wire`: what a frame means is not an adapter's business.
"""
