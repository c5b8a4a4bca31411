"""What can break between us and the database."""


class RecordsUnavailable(Exception):  # noqa: N818 # a state of the world, named as people say it
    """The database cannot be read or written now: away, locked, read-only or full. Asking again may help."""


class BadDatabaseUrl(ValueError):  # noqa: N818 # named as people say it
    """The address is no database we can speak to; asking again cannot help."""
