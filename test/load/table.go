package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// table returns the measurements as two tables in Markdown: speed and memory.
func table(all []*measured) string {
	var b strings.Builder
	b.WriteString("\n| clients | requests/s | commands/s | command p50 / p99 / p99.9, ms | query p50 / p99 / p99.9, ms " +
		"| lag p50 / p99, ms | refused | refusal p99, ms | errors |\n")
	b.WriteString("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, m := range all {
		fmt.Fprintf(&b, "| %s | %.0f | %.0f | %s | %s | %s | %d | %s | %s |\n", m.name, m.perSecond(), m.commands.Throughput,
			quantiles(&m.commands.Latencies, 500, 990, 999), quantiles(&m.queries.Latencies, 500, 990, 999),
			quantiles(&m.lags, 500, 990),
			m.refused(), quantiles(&m.commands.refusals, 990), orNone(m.errors()))
	}
	return b.String() + memoryTable(all)
}

func orNone(text string) string {
	if text == "" {
		return "0"
	}
	return text
}

// memoryTable returns the peaks by name of process: the number of processes, and the memory of the largest.
func memoryTable(all []*measured) string {
	seen := map[string]bool{}
	for _, m := range all {
		for name := range m.peak {
			seen[name] = true
		}
	}
	names := slices.Sorted(maps.Keys(seen))
	if len(names) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n| clients | %s |\n| ---: |%s\n",
		strings.Join(names, ", MB | ")+", MB", strings.Repeat(" ---: |", len(names)))
	for _, m := range all {
		if m.peak == nil {
			continue
		}
		fmt.Fprintf(&b, "| %s |", m.name)
		for _, name := range names {
			u := m.peak[name]
			fmt.Fprintf(&b, " %d × %.0f |", u.processes, megabytes(u.largest))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// quantiles returns quantiles of latencies in ms. They are given in thousandths.
func quantiles(l *vegeta.LatencyMetrics, ofThousand ...float64) string {
	if l.Total == 0 {
		return "–"
	}
	var all []string
	for _, q := range ofThousand {
		all = append(all, fmt.Sprintf("%.1f", float64(answeredIn(l, q))/float64(time.Millisecond)))
	}
	return strings.Join(all, " / ")
}

// names returns the names of all processes in the samples.
func (m *memory) names() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	seen := map[string]bool{}
	for _, s := range m.samples {
		for name := range s.of {
			seen[name] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
