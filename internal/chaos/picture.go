package main

import (
	"fmt"
	"image/color"
	"os"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// draw writes a picture of the run: commands and faults by the second, and when what was killed.
func (t *timeline) draw(path, title string) error {
	outcomes := plot.New()
	outcomes.Title.Text, outcomes.Y.Label.Text = title, "commands a second"
	faults := plot.New()
	faults.Y.Label.Text, faults.X.Label.Text = "faults a second", "seconds"
	is := func(wanted string) func(string) bool { return func(kind string) bool { return kind == wanted } }
	series := []struct {
		plot *plot.Plot
		name string
		of   func(string) bool
		rgb  color.RGBA
	}{
		{outcomes, "acknowledged", is("acked"), color.RGBA{0x1b, 0x7f, 0x4d, 255}},
		{outcomes, "rejected", is("rejected"), color.RGBA{0x3b, 0x5b, 0xdb, 255}},
		{outcomes, "repeated by clients", is("repeated"), color.RGBA{0xe0, 0x8a, 0x00, 255}},
		{faults, "faults of DynamoDB", isFault, color.RGBA{0x86, 0x3d, 0x9e, 255}},
	}
	for _, s := range series {
		bins := t.perSecond(s.of)
		points := make(plotter.XYs, len(bins))
		for i, n := range bins {
			points[i] = plotter.XY{X: float64(i), Y: float64(n)}
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return err
		}
		line.Color, line.Width = s.rgb, vg.Points(1)
		s.plot.Add(line)
		s.plot.Legend.Add(s.name, line)
	}
	if err := t.drawKills(faults); err != nil {
		return err
	}
	for _, p := range []*plot.Plot{outcomes, faults} {
		p.Legend.Top, p.Legend.Left = true, true
		p.X.Min, p.X.Max, p.Y.Min = 0, t.now().Seconds(), 0
		p.Y.Max *= 1.35 // room for the legend
	}
	canvas := vgsvg.New(24*vg.Centimeter, 15*vg.Centimeter)
	tiles := draw.Tiles{Rows: 2, Cols: 1, PadY: vg.Points(8), PadTop: vg.Points(6), PadRight: vg.Points(10), PadLeft: vg.Points(6), PadBottom: vg.Points(6)}
	for i, row := range plot.Align([][]*plot.Plot{{outcomes}, {faults}}, tiles, draw.New(canvas)) {
		[]*plot.Plot{outcomes, faults}[i].Draw(row[0])
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := canvas.WriteTo(file); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return file.Close()
}

// drawKills marks when what was killed.
func (t *timeline) drawKills(on *plot.Plot) error {
	for kind, rgb := range map[string]color.RGBA{killedDynamoDB: {0xc9, 0x2a, 0x2a, 255}, killedFunction: {0x99, 0x99, 0x99, 255}} {
		marks := plotter.XYs{{X: -10, Y: 0}} // so that the legend has its mark when there was none
		for _, at := range t.at[kind] {
			marks = append(marks, plotter.XY{X: at.Seconds(), Y: 0})
		}
		scatter, err := plotter.NewScatter(marks)
		if err != nil {
			return err
		}
		scatter.GlyphStyle = draw.GlyphStyle{Color: rgb, Radius: vg.Points(3), Shape: draw.TriangleGlyph{}}
		on.Add(scatter)
		on.Legend.Add(kind, scatter)
	}
	return nil
}

// isFault tells what the proxy did from what clients and the killer did.
func isFault(kind string) bool {
	switch kind {
	case "acked", "rejected", "unknown", "repeated", "repeated after the answer", "rejection doubted", "rejection wrong", killedDynamoDB, killedFunction:
		return false
	}
	return !strings.HasPrefix(kind, "token")
}
