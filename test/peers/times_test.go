package peers

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/test/measured"
)

// report is where the benchmark writes its table.
const report = "build/peers.md"

// BenchmarkPeers does all operations in rounds, every system once in each round, so that what else the machine does
// meets all of them. It writes a table to build/peers.md: what each sent, and its time as a multiple of the bare SDK's
// in the same round, as the median of the rounds with the least and the most.
func BenchmarkPeers(b *testing.B) {
	all := systems(b)
	table := measured.Table{append(slices.Clone(countsHeader), "× time:")}
	for _, op := range operations {
		if op.each == 0 {
			continue
		}
		var r rounds
		b.Run(op.name, func(b *testing.B) {
			r.run(b, op, all)
			for i, s := range all[1:] {
				b.ReportMetric(median(r.ratios[i+1]), s.name+"/bare")
			}
		})
		for i, s := range all {
			if r.ratios == nil { // -bench leaves this operation out
				break
			}
			took := fmt.Sprintf("%.2f (%.2f–%.2f)", median(r.ratios[i]), slices.Min(r.ratios[i]), slices.Max(r.ratios[i]))
			table = append(table, append(counts(op.name, s.name, r.sent[i], r.sent[0]), took))
		}
	}
	if err := os.WriteFile(report, []byte(table.String()), 0o600); err != nil {
		b.Fatal(err)
	}
}

// rounds is what came of the rounds of an operation, by system: times as multiples of the first's, and what was sent
// for one operation in the last round.
type rounds struct {
	do     []func(context.Context) error
	ratios [][]float64
	sent   []dynamotest.Usage
}

func (r *rounds) run(b *testing.B, op operation, all []measuredSystem) {
	b.Helper()
	if r.do == nil { // the benchmark is called again with a larger N
		for _, s := range all {
			do := op.prepare(b, s)
			r.do = append(r.do, func(ctx context.Context) error {
				for range op.each {
					if err := do(ctx); err != nil {
						return fmt.Errorf("%s: %w", s.name, err)
					}
				}
				return nil
			})
		}
	}
	r.ratios, r.sent = make([][]float64, len(all)), make([]dynamotest.Usage, len(all))
	for round := range b.N {
		seconds := make([]float64, len(all))
		for turn := range all {
			i := (turn + round) % len(all) // each begins in turn
			all[i].meter.Take()
			began := time.Now()
			if err := r.do[i](b.Context()); err != nil {
				b.Fatal(err)
			}
			seconds[i], r.sent[i] = time.Since(began).Seconds(), one(all[i].meter.Take(), op.each)
		}
		for i := range all {
			r.ratios[i] = append(r.ratios[i], seconds[i]/seconds[0])
		}
	}
}

// one is the share of one operation in what so many equal ones sent.
func one(used dynamotest.Usage, of int) dynamotest.Usage {
	for name := range used.Requests {
		used.Requests[name] /= of
	}
	used.ReadUnits /= float64(of)
	used.WriteUnits /= float64(of)
	return used
}

func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
