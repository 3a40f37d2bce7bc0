-- The feed: an organization reads its own part of the log, in order and from any place.

-- The position once more, for the index of one organization's part alone. To the planner, walking the primary key and
-- passing over what is others' looks cheap where few rows are asked for; where they stand at the log's end it would read
-- the whole log. Of this column it knows one order only.
ALTER TABLE event_position ADD place bigint NOT NULL GENERATED ALWAYS AS (position) STORED;

CREATE INDEX event_position_own ON event_position (org_id, place);
