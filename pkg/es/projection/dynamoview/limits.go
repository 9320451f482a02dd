package dynamoview

import (
	"fmt"

	"github.com/annals-es/annals/pkg/es/projection"
)

const (
	// maxSlots is how many lists a document can be in: the table has an index for each.
	maxSlots = 2
	// maxPartitionBytes is the longest partition of a row. DynamoDB takes 2,048 bytes, of which a key needs some for
	// what it starts with, such as "1|count|" with a number of any length.
	maxPartitionBytes = 2048 - 32
	// maxSortBytes is the longest sort key on DynamoDB.
	maxSortBytes = 1024
	// maxState is the largest state, with all else that grows. It is what is left of 400 KB besides a stream's name,
	// the rest of the checkpoint, why it is parked, and the rise of its epoch then.
	maxState = 400<<10 - 10<<10
)

// fits checks that nothing of a save is too large by itself.
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

// keyFits checks that DynamoDB takes a key.
func keyFits(key projection.Key) error {
	p, s := len(key.Partition), len(key.Sort)
	switch {
	case p == 0 || s == 0:
		return fmt.Errorf("%w: key %.99q has an empty part", projection.ErrTooLarge, key)
	case p > maxPartitionBytes || s > maxSortBytes:
		return fmt.Errorf("%w: key %.99q… has %d and %d bytes, the most is %d and %d",
			projection.ErrTooLarge, key, p, s, maxPartitionBytes, maxSortBytes)
	}
	return nil
}

// roomToPark checks that a checkpoint's item can take why its stream is parked. A stream that could not be parked would
// be in the way of all others.
func roomToPark(cp projection.Checkpoint) error {
	if len(cp.Slots) > maxSlots {
		return fmt.Errorf("%w: it is in %d lists, the most is %d", projection.ErrTooLarge, len(cp.Slots), maxSlots)
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
		return fmt.Errorf("%w: it has %d bytes, the most is %d", projection.ErrTooLarge, size, maxState)
	}
	return nil
}
