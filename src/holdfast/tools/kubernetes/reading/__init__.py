"""The API's objects, read into the plain rows of docs/tool-contracts.md; nothing here asks anybody."""
