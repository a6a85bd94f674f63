"""The words for roles, groups and permissions: what staff read about who may do what."""

from collections.abc import Mapping
from typing import Any

from portal.permissions import Group, Permission, Role
from portal.web.locale import lazy_gettext as _l

ROLES: Mapping[Role, Any] = {
    Role.REVIEWER: _l("Reviewer"),
    Role.LEAD: _l("Lead reviewer"),
    Role.ADMINISTRATOR: _l("Administrator"),
    Role.AUDITOR: _l("Auditor"),
}

DUTIES: Mapping[Role, Any] = {
    Role.REVIEWER: _l(
        "Reads testimony, marks and codes it, links it to the registry, and writes to those who sent it."
    ),
    Role.LEAD: _l("Does what a reviewer does, gives the second approval, and hands keys on to colleagues."),
    Role.ADMINISTRATOR: _l(
        "Invites people, ends their access and asks for releases. Holds no key and can read no testimony."
    ),
    Role.AUDITOR: _l("Reads the record of what was done here. Can read no testimony."),
}

GROUPS: Mapping[Group, Any] = {
    Group.INTAKE: _l("Testimony as it comes in"),
    Group.CONTACT: _l("Names and contacts of those who wrote"),
    Group.RELEASE: _l("Coding sheets for releases"),
    Group.AUDITORS: _l("Record of what was done"),
    Group.CASES: _l("Closed circle: sensitive cases"),
    Group.LEGAL: _l("Closed circle: legal cases"),
}

PERMISSIONS: Mapping[Permission, Any] = {
    Permission.CASE_READ: _l("Read testimony and documents"),
    Permission.CASE_CLAIM: _l("Take a case on"),
    Permission.CASE_MARK: _l("Mark passages in a text"),
    Permission.CASE_CODE: _l("Fill in coding sheets"),
    Permission.CASE_LINK: _l("Link a case to people, prisons and graves"),
    Permission.CASE_CONTACT: _l("Write to the person who sent it"),
    Permission.CASE_MOVE: _l("Move a case into a closed circle, and back"),
    Permission.CASE_APPROVE: _l("Approve a colleague's work as the second reader"),
    Permission.CASE_HOLD: _l("Keep an account from being erased for a time, two together"),
    Permission.CASE_ERASE: _l("Erase an account on a written request, two together"),
    Permission.REGISTRY_READ: _l("Look things up in the registry"),
    Permission.REGISTRY_EDIT: _l("Write in the registry"),
    Permission.REGISTRY_RESTRICTED: _l("See restricted entries of the registry"),
    Permission.FIGURES_SEE: _l("See the figures"),
    Permission.RELEASE_SEE: _l("See releases, asked for and decided"),
    Permission.RECEIVER_KEEP: _l("Keep the list of bodies that may receive accounts"),
    Permission.RELEASE_REQUEST: _l("Ask for a release"),
    Permission.RELEASE_APPROVE: _l("Approve a release"),
    Permission.STAFF_SEE: _l("See who works here"),
    Permission.STAFF_MANAGE: _l("Invite people and end their access"),
    Permission.GROUP_GRANT: _l("Hand on a key that one holds"),
    Permission.LEDGER_READ: _l("Read the record of what was done"),
}
