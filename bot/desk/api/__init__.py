"""The API: the desk's operations for programs, under ``/api/v1``, each with a token of a person.

    request -> token (header only) -> rate -> body -> one operation in one transaction -> JSON, or a problem

This room must never accept a token in an address or a cookie, never let a token do more than its person, and
never change the queue except through ``operations``.
"""
