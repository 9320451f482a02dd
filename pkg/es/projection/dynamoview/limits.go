package dynamoview

import (
	"fmt"

	"github.com/annals-es/annals/pkg/es/projection"
)

const (
	// maxSlots is how many lists a document can be in: the table has an index for each.
	maxSlots = 2
	// maxPartitionBytes is the longest partition of a row. DynamoDB allows 2,048 bytes, but a key also needs a prefix
	// such as "1|count|", with a number of any length.
	maxPartitionBytes = 2048 - 32
	// maxSortBytes is DynamoDB's limit for sort keys.
	maxSortBytes = 1024
	// maxState is the largest state together with the other parts that grow. The rest of the 400 KB is for the stream's
	// name, the other parts of the checkpoint, and, when it is parked, the reason and another rise.
	maxState = 400<<10 - 10<<10
)

// fits checks that no part of a save is too large by itself.
//
// Errors: [projection.ErrTooLarge].
func fits(moves []projection.CheckpointUpdate, rows []projection.Write) error {
	for _, m := range moves {
		if err := roomToPark(m.Next); err != nil {
			return fmt.Errorf("checkpoint of %s@%d: %w", m.Stream, m.Next.Version, err)
		}
	}
	for _, row := range rows {
		if err := keyFits(row.Key); err != nil {
			return fmt.Errorf("row: %w", err)
		}
	}
	return nil
}

// keyFits checks that DynamoDB accepts a key.
func keyFits(key projection.Key) error {
	p, s := len(key.Partition), len(key.Sort)
	switch {
	case p == 0 || s == 0:
		return fmt.Errorf("%w: key %.99q has an empty part", projection.ErrTooLarge, key)
	case p > maxPartitionBytes || s > maxSortBytes:
		return fmt.Errorf("%w: key %.99q… has %d and %d bytes, the limits are %d and %d",
			projection.ErrTooLarge, key, p, s, maxPartitionBytes, maxSortBytes)
	}
	return nil
}

// roomToPark checks that a checkpoint's item has room to park its stream. A stream that can't be parked would hold up
// all others.
func roomToPark(cp projection.Checkpoint) error {
	if len(cp.Slots) > maxSlots {
		return fmt.Errorf("%w: the document is in %d lists, the limit is %d", projection.ErrTooLarge, len(cp.Slots), maxSlots)
	}
	size := len(cp.State) + len(cp.Owner)
	if len(cp.Rises) > 0 {
		size += len(risesText(cp.Rises))
	}
	for n, slot := range cp.Slots {
		if isEmpty(slot) {
			continue
		}
		if err := keyFits(slot.Key); err != nil {
			return fmt.Errorf("slot %d: %w", n, err)
		}
		size += len(slot.Partition) + len(slot.Sort) + len(slot.Row)
	}
	if size > maxState {
		return fmt.Errorf("%w: the checkpoint has %d bytes, the limit is %d", projection.ErrTooLarge, size, maxState)
	}
	return nil
}
