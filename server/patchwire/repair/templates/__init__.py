"""What may be wrong with a piece of Python: one small function per habit of human mistakes, each with its prior.

Must not know tests, tools or ranking: a template sees a node and its surroundings and proposes edits.
"""
