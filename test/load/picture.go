package main

import (
	"image/color"
	"path/filepath"
	"strconv"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/annals-es/annals/test/internal/picture"
	"github.com/annals-es/annals/test/internal/servicetest"
)

// drawLevels draws throughput, latencies and lag by the number of clients.
func drawLevels(path string, clients []int, levels []*measured) error {
	throughput, latency := plot.New(), plot.New()
	throughput.Title.Text = "requests a second, and how long they took, by the number of clients at the same time"
	throughput.Y.Label.Text = "requests a second"
	latency.Y.Label.Text, latency.X.Label.Text = "ms", "clients"
	latency.Y.Scale, latency.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	line := func(to *plot.Plot, name string, rgb color.Color, of func(*measured) float64) error {
		points := make(plotter.XYs, len(levels))
		for i, m := range levels {
			points[i] = plotter.XY{X: float64(i), Y: of(m)}
		}
		return picture.AddLine(to, name, points, rgb)
	}
	within := func(of func(*measured) *vegeta.LatencyMetrics, ofThousand float64) func(*measured) float64 {
		return func(m *measured) float64 { // at least 1 ms, the smallest value on the scale
			return max(1, float64(answeredIn(of(m), ofThousand))/float64(time.Millisecond))
		}
	}
	commands := func(m *measured) *vegeta.LatencyMetrics { return &m.commands.Latencies }
	queries := func(m *measured) *vegeta.LatencyMetrics { return &m.queries.Latencies }
	lags := func(m *measured) *vegeta.LatencyMetrics { return &m.lags }
	for _, l := range []struct {
		to   *plot.Plot
		name string
		rgb  color.Color
		of   func(*measured) float64
	}{
		{throughput, "commands and queries", picture.Blue, (*measured).perSecond},
		{throughput, "commands", picture.Green, func(m *measured) float64 { return m.commands.Throughput }},
		{latency, "commands, 50 %", picture.Green, within(commands, 500)},
		{latency, "commands, 99 %", picture.Orange, within(commands, 990)},
		{latency, "queries, 99 %", picture.Blue, within(queries, 990)},
		{latency, "read models behind, 99 %", picture.Purple, within(lags, 990)},
	} {
		if err := line(l.to, l.name, l.rgb, l.of); err != nil {
			return err
		}
	}
	var ticks []plot.Tick
	for i, n := range clients {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: strconv.Itoa(n)})
	}
	throughput.X.Tick.Marker, latency.X.Tick.Marker = plot.ConstantTicks(ticks), plot.ConstantTicks(ticks)
	return picture.Write(path, throughput, latency)
}

// drawSoak draws the requests a second and the memory of processes in a steady load.
func (b *bench) drawSoak(out string, from, to time.Duration, answered []time.Duration) error {
	throughput, memory := plot.New(), plot.New()
	throughput.Title.Text, throughput.Y.Label.Text = "steady load", "requests a second"
	memory.Y.Label.Text, memory.X.Label.Text = "MB, the largest process", "seconds"
	points := make(plotter.XYs, int((to-from)/time.Second))
	for i := range points {
		points[i].X = float64(i)
	}
	for _, at := range answered {
		if i := int(at / time.Second); i < len(points) {
			points[i].Y++
		}
	}
	if err := picture.AddLine(throughput, "answered", points, picture.Blue); err != nil {
		return err
	}
	colors := []color.Color{picture.Green, picture.Blue, picture.Orange, picture.Purple, picture.Red, picture.Gray}
	for i, name := range b.memory.names() {
		if name == servicetest.DynamoDB { // it takes ten times as much memory as the others
			continue
		}
		if err := picture.AddLine(memory, name, b.memory.line(name, from, to), colors[i%len(colors)]); err != nil {
			return err
		}
	}
	return picture.Write(filepath.Join(out, "soak.svg"), throughput, memory)
}

// line returns the memory of the largest process of a name, in MB by seconds.
func (m *memory) line(name string, from, to time.Duration) plotter.XYs {
	m.mu.Lock()
	defer m.mu.Unlock()
	var points plotter.XYs
	for _, s := range m.samples {
		if u, there := s.of[name]; there && s.at >= from && s.at < to {
			points = append(points, plotter.XY{X: (s.at - from).Seconds(), Y: megabytes(u.largest)})
		}
	}
	return points
}
