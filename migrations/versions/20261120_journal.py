"""The journal, in the table layout of the eventsourcing library with the evidence beside each event."""

from alembic import op

revision = "20261120"
down_revision = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE stored_events (
            originator_id text COLLATE "C" NOT NULL,
            originator_version bigint NOT NULL,
            topic text NOT NULL,
            state bytea NOT NULL,
            notification_id bigint NOT NULL,
            protocol text,
            request bytea,
            reply bytea,
            PRIMARY KEY (originator_id, originator_version)
        ) WITH (autovacuum_analyze_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.1)
    """)
    op.execute("CREATE UNIQUE INDEX stored_events_position ON stored_events (notification_id)")
    # Finds a stream by what it is of rather than by when it was born: a row per stream, not per event.
    op.execute("""
        CREATE INDEX stored_events_name
        ON stored_events (split_part(originator_id, ':', 1), split_part(originator_id, ':', 3), originator_id)
        WHERE originator_version = 1
    """)
    # Added to transaction ids, which start again when a dump is restored into a new cluster.
    op.execute("CREATE TABLE journal_epoch (base bigint NOT NULL)")
    op.execute("CREATE UNIQUE INDEX journal_epoch_single ON journal_epoch ((true))")
    op.execute("INSERT INTO journal_epoch VALUES (0)")
    # Where an `Application` of the eventsourcing library looks for events. It follows the log by its numbers alone, so
    # it must not see an event while one with a lower number may still come (app.journal.postgres, _HORIZON).
    op.execute("""
        CREATE VIEW application_events AS
        SELECT originator_id, originator_version, topic, state, notification_id FROM stored_events
        WHERE notification_id < (
            SELECT (SELECT base FROM journal_epoch) + (pg_snapshot_xmin(pg_current_snapshot())::text::bigint << 16)
        )
    """)
    op.execute("CREATE SEQUENCE transaction_ids AS integer CACHE 1")
    op.execute("""
        CREATE TABLE read_model (
            name text PRIMARY KEY,
            generation integer NOT NULL DEFAULT 0,
            position bigint NOT NULL DEFAULT 0,
            halted text
        )
    """)
    op.execute("""
        CREATE TABLE parked_event (
            read_model text NOT NULL,
            stream text COLLATE "C" NOT NULL,
            position bigint NOT NULL,
            error text NOT NULL,
            PRIMARY KEY (read_model, position)
        )
    """)
    op.execute("""
        CREATE TABLE node (
            node_id text PRIMARY KEY,
            seen_at timestamptz NOT NULL
        )
    """)
