// Package picture draws measurements as SVG: aligned plots, one above the other. Start with [Write].
package picture

import (
	"fmt"
	"image/color"
	"os"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The colors of lines. Most people can distinguish them on white.
var (
	Green  = color.RGBA{0x1b, 0x7f, 0x4d, 255}
	Blue   = color.RGBA{0x3b, 0x5b, 0xdb, 255}
	Orange = color.RGBA{0xe0, 0x8a, 0x00, 255}
	Purple = color.RGBA{0x86, 0x3d, 0x9e, 255}
	Red    = color.RGBA{0xc9, 0x2a, 0x2a, 255}
	Gray   = color.RGBA{0x99, 0x99, 0x99, 255}
)

// rowHeight is the height of one plot.
const rowHeight = 7.5 * vg.Centimeter

// AddLine adds a line with its name to a plot.
func AddLine(to *plot.Plot, name string, points plotter.XYs, rgb color.Color) error {
	line, err := plotter.NewLine(points)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	line.Color, line.Width = rgb, vg.Points(1)
	to.Add(line)
	to.Legend.Add(name, line)
	return nil
}

// Write draws plots to a file, the first on top. Each starts at 0 and has room for its legend.
func Write(path string, rows ...*plot.Plot) error {
	var table [][]*plot.Plot
	for _, p := range rows {
		p.Legend.Top, p.Legend.Left = true, true
		p.Y.Min = 0
		if _, logarithmic := p.Y.Scale.(plot.LogScale); logarithmic {
			p.Y.Min = 1
			p.Y.Max *= 10
		}
		p.Y.Max *= 1.35
		table = append(table, []*plot.Plot{p})
	}
	canvas := vgsvg.New(24*vg.Centimeter, vg.Length(len(rows))*rowHeight)
	tiles := draw.Tiles{
		Rows: len(rows), Cols: 1, PadY: vg.Points(8),
		PadTop: vg.Points(6), PadRight: vg.Points(10), PadLeft: vg.Points(6), PadBottom: vg.Points(6),
	}
	for i, row := range plot.Align(table, tiles, draw.New(canvas)) {
		rows[i].Draw(row[0])
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
