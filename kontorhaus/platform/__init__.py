"""Floor 1: what every room stands on: settings, database, HTTP kit, idempotency, secrets, telemetry. No business."""
