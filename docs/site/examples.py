"""Docstrings' `Example:` as what the site draws examples of.

In: objects as griffe loads them. Out: the same with the section's name in plural, the
only one that griffe knows. Non-goals: other sections.
"""

import griffe


class Examples(griffe.Extension):
    """Rename the section."""

    def on_instance(self, *, obj: griffe.Object, **_: object) -> None:
        """Change an object's docstring, if it has one.

        Args:
            obj: what was loaded.
        """
        if obj.docstring:
            value = obj.docstring.value
            obj.docstring.value = value.replace(
                "\nExample:\n", "\nExamples:\n"
            )
