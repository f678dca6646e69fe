"""The versions of the state database; ``python -m state.migrations "what changes"`` drafts the next one."""
