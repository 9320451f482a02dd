package main

import (
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/annals-es/annals/test/internal/picture"
)

// draw writes a picture of the run: commands and faults by second, and the kills.
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
		{outcomes, "acknowledged", is("acked"), picture.Green},
		{outcomes, "rejected", is("rejected"), picture.Blue},
		{outcomes, "repeated by clients", is("repeated"), picture.Orange},
		{faults, "faults of DynamoDB", isFault, picture.Purple},
	}
	for _, s := range series {
		bins := t.perSecond(s.of)
		points := make(plotter.XYs, len(bins))
		for i, n := range bins {
			points[i] = plotter.XY{X: float64(i), Y: float64(n)}
		}
		if err := picture.AddLine(s.plot, s.name, points, s.rgb); err != nil {
			return err
		}
	}
	if err := t.drawKills(faults); err != nil {
		return err
	}
	for _, p := range []*plot.Plot{outcomes, faults} {
		p.X.Min, p.X.Max = 0, t.now().Seconds()
	}
	return picture.Write(path, outcomes, faults)
}

// drawKills marks the times at which processes were killed.
func (t *timeline) drawKills(on *plot.Plot) error {
	for kind, rgb := range map[string]color.RGBA{killedDynamoDB: picture.Red, killedFunction: picture.Gray} {
		marks := plotter.XYs{{X: -10, Y: 0}} // outside of the picture: the legend needs at least one point
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

// isFault reports whether a kind of event is a fault of the proxy, and not one of the clients or a kill.
func isFault(kind string) bool {
	switch kind {
	case "acked", "rejected", "unknown", "repeated", "repeated after the answer", "rejection doubted", "rejection wrong",
		killedDynamoDB, killedFunction:
		return false
	}
	return !strings.HasPrefix(kind, "token") && !isLoss(kind)
}
