"""Who may do what, as data: pages and services ask here and nowhere else."""

from collections.abc import Mapping
from enum import StrEnum, auto
from types import MappingProxyType


class Permission(StrEnum):
    """One thing a member of staff may do, named ``<scope>:<action>``."""

    CASE_APPROVE = "case:approve"
    CASE_CLAIM = "case:claim"
    CASE_CODE = "case:code"
    CASE_CONTACT = "case:contact"
    CASE_ERASE = "case:erase"
    CASE_HOLD = "case:hold"
    CASE_LINK = "case:link"
    CASE_MARK = "case:mark"
    CASE_MOVE = "case:move"
    CASE_READ = "case:read"
    FIGURES_SEE = "figures:see"
    GROUP_GRANT = "group:grant"
    LEDGER_READ = "ledger:read"
    RECEIVER_KEEP = "receiver:keep"
    REGISTRY_EDIT = "registry:edit"
    REGISTRY_READ = "registry:read"
    REGISTRY_RESTRICTED = "registry:restricted"
    RELEASE_APPROVE = "release:approve"
    RELEASE_REQUEST = "release:request"
    RELEASE_SEE = "release:see"
    STAFF_MANAGE = "staff:manage"
    STAFF_SEE = "staff:see"


class Role(StrEnum):
    """What a vetted person is here for."""

    REVIEWER = "reviewer"
    LEAD = "lead"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Group(StrEnum):
    """People who share a key; the key opens what was sealed to the group.

    Founding packs the first seeds in this order, so that a new word goes last (docs/decisions/0009).
    """

    INTAKE = "intake"
    CONTACT = "contact"
    RELEASE = "release"
    AUDITORS = "auditors"
    CASES = "cases"
    LEGAL = "legal"


CIRCLES = (Group.INTAKE, Group.CASES, Group.LEGAL)
"""The groups that may read a case; each case is sealed to one of them."""


class Access(StrEnum):
    """Doors that are not a permission of staff."""

    PUBLIC = auto()
    SOURCE = auto()
    STAFF = auto()


_REVIEWER = frozenset(
    {
        Permission.CASE_CLAIM,
        Permission.CASE_CODE,
        Permission.CASE_CONTACT,
        Permission.CASE_LINK,
        Permission.CASE_MARK,
        Permission.CASE_READ,
        Permission.FIGURES_SEE,
        Permission.REGISTRY_EDIT,
        Permission.REGISTRY_READ,
    }
)

GRANTS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.REVIEWER: _REVIEWER,
        Role.LEAD: _REVIEWER
        | {
            Permission.CASE_APPROVE,
            Permission.CASE_ERASE,
            Permission.CASE_HOLD,
            Permission.CASE_MOVE,
            Permission.GROUP_GRANT,
            Permission.REGISTRY_RESTRICTED,
            Permission.RELEASE_APPROVE,
            Permission.RELEASE_SEE,
            Permission.STAFF_SEE,
        },
        Role.ADMINISTRATOR: frozenset(
            {
                Permission.FIGURES_SEE,
                Permission.RECEIVER_KEEP,
                Permission.REGISTRY_READ,
                Permission.RELEASE_REQUEST,
                Permission.RELEASE_SEE,
                Permission.STAFF_MANAGE,
                Permission.STAFF_SEE,
            }
        ),
        Role.AUDITOR: frozenset({Permission.FIGURES_SEE, Permission.GROUP_GRANT, Permission.LEDGER_READ}),
    }
)

# Administrators hold no key: whoever runs the place cannot read what is kept in it.
MAY_HOLD: Mapping[Role, frozenset[Group]] = MappingProxyType(
    {
        Role.REVIEWER: frozenset({Group.INTAKE, Group.CASES}),
        Role.LEAD: frozenset({Group.INTAKE, Group.CASES, Group.CONTACT, Group.LEGAL, Group.RELEASE}),
        Role.ADMINISTRATOR: frozenset(),
        Role.AUDITOR: frozenset({Group.AUDITORS}),
    }
)

# What an invitation proposes unless told otherwise: the closed circles are for those who were asked in.
USUAL: Mapping[Role, frozenset[Group]] = MappingProxyType(
    {
        Role.REVIEWER: frozenset({Group.INTAKE}),
        Role.LEAD: frozenset({Group.INTAKE, Group.CONTACT, Group.RELEASE}),
        Role.ADMINISTRATOR: frozenset(),
        Role.AUDITOR: frozenset({Group.AUDITORS}),
    }
)


def allows(role: Role, permission: Permission) -> bool:
    """Tell whether the role carries the permission."""
    return permission in GRANTS[role]
