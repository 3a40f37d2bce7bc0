"""Floor 5: readers of the log that carry it outside. They know no business."""
