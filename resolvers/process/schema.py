"""The process schema of a set of roles: what none of them may ask or do is not in it. Each is built once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import create_type

from auth.process.actors import Role
from resolvers.process import duties, mutations, queries
from resolvers.process.declare import EVERYONE, roots_for
from resolvers.process.moves import MOVE_ROOTS

__all__ = ["ProcessSchema", "process_schema", "whole_process_schema"]


@dataclass(frozen=True, slots=True)
class ProcessSchema:
    """A schema and its SDL."""

    schema: GraphQLSchema
    sdl: str


@cache
def process_schema(roles: frozenset[Role]) -> ProcessSchema:
    """The schema of an account's roles."""
    asked = [*roots_for(roles, vars(queries)), *roots_for(roles, duties.QUERIES)]
    done = [
        *roots_for(roles, vars(mutations)),
        *roots_for(roles, MOVE_ROOTS),
        *roots_for(roles, duties.MUTATIONS),
    ]
    declared = strawberry.Schema(
        query=create_type("Query", asked, description="Xem hồ sơ hợp đồng (what the account may ask)."),
        mutation=create_type("Mutation", done, description="Việc của vai trò (what its roles do).") if done else None,
        config=StrawberryConfig(disable_field_suggestions=True),
    )
    schema: GraphQLSchema = declared._schema  # noqa: SLF001 - Strawberry gives no other way to graphql-core
    return ProcessSchema(schema, declared.as_str())


def whole_process_schema() -> GraphQLSchema:
    """The schema of all roles, by which the audit names what was attempted."""
    return process_schema(EVERYONE).schema
