"""The agent: prompt, tools, one exchange with the model, and the turn that loops over them within a budget.

Must not know pygls, websockets, git, subprocess or threads: the world comes in through `patchwire.ports`.
"""
