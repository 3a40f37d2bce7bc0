-- What is closed stays closed; its seller may open another account, so that what he is owed can reach him.

CREATE UNIQUE INDEX seller_account_open ON seller_account (org_id, connection_id, party) WHERE closed_at IS NULL;
-- The open one first, walked backwards.
CREATE INDEX seller_account_standing ON seller_account (org_id, connection_id, party, (closed_at IS NULL));
DROP INDEX seller_account_party;
