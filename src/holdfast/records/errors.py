"""What can break between us and the database."""

from sqlalchemy.exc import ArgumentError


class RecordsUnavailable(Exception):  # noqa: N818 # a state of the world, named as people say it
    """The database cannot be read or written now: away, locked, read-only or full. Asking again may help."""


class BadDatabaseUrl(ArgumentError, ValueError):  # noqa: N818 # named as people say it
    """The address is no database we can speak to; asking again cannot help."""
