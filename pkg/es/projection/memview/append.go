package memview

import (
	"context"

	"github.com/annals-es/annals/pkg/es/projection"
)

// Append implements [projection.View].
func (v *View) Append(ctx context.Context, g projection.Generation, rows ...projection.AppendRow) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	to := v.generation(g)
	for _, row := range rows {
		key := projection.RowKey{Key: row.Key, Kind: projection.AppendedRow}
		next := cloneRow(projection.Row{Row: row.Row, Epoch: row.Epoch})
		if err := v.limits.CheckRow(key, next); err != nil {
			return err
		}
		if stored, there := to.rows[key]; !there || stored.Epoch < row.Epoch {
			to.rows[key] = next
		}
	}
	return nil
}
