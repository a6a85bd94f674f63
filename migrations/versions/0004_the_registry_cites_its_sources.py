"""Persons, places, graves, bodies, events, and who says what of them."""

import sqlalchemy as sa
from alembic import op

from portal.database import UtcDay

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "registry_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("person", "place", "grave", "body", "event", name="kind", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "sort_key",
            sa.String(length=300).with_variant(sa.String(length=300, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("created", UtcDay(), nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_record")),
        sa.UniqueConstraint("code", name=op.f("uq_registry_record_code")),
    )
    with op.batch_alter_table("registry_record", schema=None) as batch_op:
        batch_op.create_index("ix_registry_record_kind_sort_key_id", ["kind", "sort_key", "id"], unique=False)
        batch_op.create_index("ix_registry_record_sort_key_id", ["sort_key", "id"], unique=False)

    op.create_table(
        "registry_source",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "article",
                "book",
                "report",
                "judgment",
                "list",
                "recording",
                "page",
                "invented",
                name="sourcekind",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=400), nullable=False),
        sa.Column("author", sa.String(length=300), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_source")),
        sa.UniqueConstraint("code", name=op.f("uq_registry_source_code")),
    )
    op.create_table(
        "registry_body",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["place_id"], ["registry_record.id"], name=op.f("fk_registry_body_place_id_registry_record")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["registry_record.id"], name=op.f("fk_registry_body_record_id_registry_record")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_registry_body")),
    )
    with op.batch_alter_table("registry_body", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_registry_body_place_id"), ["place_id"], unique=False)

    op.create_table(
        "registry_event",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "killing",
                "decree",
                "meeting",
                "transfer",
                "proceeding",
                "disturbance",
                "other",
                name="eventkind",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column(
            "calendar",
            sa.Enum("solar", "gregorian", "lunar", name="calendar", native_enum=False, length=16),
            nullable=True,
        ),
        sa.Column("earliest", sa.Date(), nullable=True),
        sa.Column("latest", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["place_id"], ["registry_record.id"], name=op.f("fk_registry_event_place_id_registry_record")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["registry_record.id"], name=op.f("fk_registry_event_record_id_registry_record")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_registry_event")),
    )
    with op.batch_alter_table("registry_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_registry_event_place_id"), ["place_id"], unique=False)

    op.create_table(
        "registry_grave",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column(
            "existence",
            sa.Enum("reported", "suspected", "confirmed", name="existence", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column(
            "condition",
            sa.Enum(
                "unknown",
                "reported",
                "suspected",
                "confirmed",
                "destroyed",
                name="condition",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["place_id"], ["registry_record.id"], name=op.f("fk_registry_grave_place_id_registry_record")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["registry_record.id"], name=op.f("fk_registry_grave_record_id_registry_record")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_registry_grave")),
    )
    with op.batch_alter_table("registry_grave", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_registry_grave_place_id"), ["place_id"], unique=False)

    op.create_table(
        "registry_name",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("script", sa.String(length=4), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "official",
                "family",
                "nickname",
                "prison",
                "transliteration",
                "variant",
                "former",
                "later",
                name="namekind",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("titles", sa.String(length=300), nullable=False),
        sa.Column(
            "folded",
            sa.String(length=300).with_variant(sa.String(length=300, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "joined",
            sa.String(length=300).with_variant(sa.String(length=300, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["registry_record.id"], name=op.f("fk_registry_name_record_id_registry_record")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_name")),
    )
    with op.batch_alter_table("registry_name", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_registry_name_folded"), ["folded"], unique=False)
        batch_op.create_index(batch_op.f("ix_registry_name_joined"), ["joined"], unique=False)
        batch_op.create_index(batch_op.f("ix_registry_name_record_id"), ["record_id"], unique=False)

    op.create_table(
        "registry_participation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "victim",
                "witness",
                "accused",
                "ordered",
                "carried_out",
                "examined",
                "present",
                "other",
                name="part",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("locator", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["registry_record.id"],
            name=op.f("fk_registry_participation_event_id_registry_record"),
        ),
        sa.ForeignKeyConstraint(
            ["record_id"],
            ["registry_record.id"],
            name=op.f("fk_registry_participation_record_id_registry_record"),
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["registry_source.id"],
            name=op.f("fk_registry_participation_source_id_registry_source"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_participation")),
        sa.UniqueConstraint(
            "event_id",
            "record_id",
            "role",
            "source_id",
            name=op.f("uq_registry_participation_event_id_record_id_role_source_id"),
        ),
    )
    with op.batch_alter_table("registry_participation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_registry_participation_record_id"), ["record_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_registry_participation_source_id"), ["source_id"], unique=False)

    op.create_table(
        "registry_person",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column(
            "sex",
            sa.Enum("female", "male", "unknown", name="sex", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column(
            "role",
            sa.Enum(
                "victim",
                "official",
                "survivor",
                "witness",
                "other",
                name="personrole",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column(
            "living",
            sa.Enum("yes", "no", "unknown", name="living", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("father_name", sa.String(length=200), nullable=False),
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("birth_words", sa.String(length=200), nullable=False),
        sa.Column(
            "birth_calendar",
            sa.Enum("solar", "gregorian", "lunar", name="calendar", native_enum=False, length=16),
            nullable=True,
        ),
        sa.Column("birth_earliest", sa.Date(), nullable=True),
        sa.Column("birth_latest", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["record_id"], ["registry_record.id"], name=op.f("fk_registry_person_record_id_registry_record")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_registry_person")),
    )
    op.create_table(
        "registry_place",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "country",
                "province",
                "city",
                "prison",
                "ward",
                "cemetery",
                name="placekind",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("latitude_tenths", sa.Integer(), nullable=True),
        sa.Column("longitude_tenths", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["registry_record.id"], name=op.f("fk_registry_place_parent_id_registry_record")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["registry_record.id"], name=op.f("fk_registry_place_record_id_registry_record")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_registry_place")),
    )
    with op.batch_alter_table("registry_place", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_registry_place_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "registry_relation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_id", sa.Uuid(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "parent_of",
                "sibling_of",
                "spouse_of",
                "relative_of",
                "cellmate_of",
                "superior_of",
                "member_of",
                "held_at",
                "worked_at",
                "acted_in",
                "buried_at",
                "perhaps_same",
                "not_same",
                name="relationkind",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("locator", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["from_id"], ["registry_record.id"], name=op.f("fk_registry_relation_from_id_registry_record")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["registry_source.id"], name=op.f("fk_registry_relation_source_id_registry_source")
        ),
        sa.ForeignKeyConstraint(
            ["to_id"], ["registry_record.id"], name=op.f("fk_registry_relation_to_id_registry_record")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_relation")),
        sa.UniqueConstraint(
            "from_id",
            "to_id",
            "kind",
            "source_id",
            name=op.f("uq_registry_relation_from_id_to_id_kind_source_id"),
        ),
    )
    with op.batch_alter_table("registry_relation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_registry_relation_source_id"), ["source_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_registry_relation_to_id"), ["to_id"], unique=False)

    op.create_table(
        "registry_revision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.Column("day", UtcDay(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["registry_record.id"], name=op.f("fk_registry_revision_record_id_registry_record")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_revision")),
        sa.UniqueConstraint("record_id", "version", name=op.f("uq_registry_revision_record_id_version")),
    )
    op.create_table(
        "registry_statement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "predicate",
            sa.Enum(
                "name",
                "post",
                "act",
                "arrest",
                "sentence",
                "held",
                "last_seen",
                "fate",
                "burial",
                "disturbance",
                "figure",
                "pattern",
                "document",
                "proceeding",
                "note",
                name="predicate",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("value_fa", sa.Text(), nullable=False),
        sa.Column("value_en", sa.Text(), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column(
            "calendar",
            sa.Enum("solar", "gregorian", "lunar", name="calendar", native_enum=False, length=16),
            nullable=True,
        ),
        sa.Column("earliest", sa.Date(), nullable=True),
        sa.Column("latest", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["record_id"],
            ["registry_record.id"],
            name=op.f("fk_registry_statement_record_id_registry_record"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_statement")),
    )
    with op.batch_alter_table("registry_statement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_registry_statement_record_id"), ["record_id"], unique=False)

    op.create_table(
        "registry_citation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("locator", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["registry_source.id"], name=op.f("fk_registry_citation_source_id_registry_source")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["registry_statement.id"],
            name=op.f("fk_registry_citation_statement_id_registry_statement"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_citation")),
    )
    with op.batch_alter_table("registry_citation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_registry_citation_source_id"), ["source_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_registry_citation_statement_id"), ["statement_id"], unique=False)

    op.create_table(
        "registry_name_key",
        sa.Column("name_id", sa.Uuid(), nullable=False),
        sa.Column(
            "key",
            sa.String(length=300).with_variant(sa.String(length=300, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["name_id"], ["registry_name.id"], name=op.f("fk_registry_name_key_name_id_registry_name")
        ),
        sa.PrimaryKeyConstraint("name_id", "key", name=op.f("pk_registry_name_key")),
    )
    with op.batch_alter_table("registry_name_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_registry_name_key_key"), ["key"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("registry_name_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_registry_name_key_key"))

    op.drop_table("registry_name_key")
    with op.batch_alter_table("registry_citation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_registry_citation_statement_id"))
        batch_op.drop_index(batch_op.f("ix_registry_citation_source_id"))

    op.drop_table("registry_citation")
    with op.batch_alter_table("registry_statement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_registry_statement_record_id"))

    op.drop_table("registry_statement")
    op.drop_table("registry_revision")
    with op.batch_alter_table("registry_relation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_registry_relation_to_id"))
        batch_op.drop_index(batch_op.f("ix_registry_relation_source_id"))

    op.drop_table("registry_relation")
    with op.batch_alter_table("registry_place", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_registry_place_parent_id"))

    op.drop_table("registry_place")
    op.drop_table("registry_person")
    with op.batch_alter_table("registry_participation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_registry_participation_source_id"))
        batch_op.drop_index(batch_op.f("ix_registry_participation_record_id"))

    op.drop_table("registry_participation")
    with op.batch_alter_table("registry_name", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_registry_name_record_id"))
        batch_op.drop_index(batch_op.f("ix_registry_name_joined"))
        batch_op.drop_index(batch_op.f("ix_registry_name_folded"))

    op.drop_table("registry_name")
    with op.batch_alter_table("registry_grave", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_registry_grave_place_id"))

    op.drop_table("registry_grave")
    with op.batch_alter_table("registry_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_registry_event_place_id"))

    op.drop_table("registry_event")
    with op.batch_alter_table("registry_body", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_registry_body_place_id"))

    op.drop_table("registry_body")
    op.drop_table("registry_source")
    with op.batch_alter_table("registry_record", schema=None) as batch_op:
        batch_op.drop_index("ix_registry_record_sort_key_id")
        batch_op.drop_index("ix_registry_record_kind_sort_key_id")

    op.drop_table("registry_record")
