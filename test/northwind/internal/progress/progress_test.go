package progress

import (
	"bytes"
	"strings"
	"sync"
	"testing"
)

func TestPlainLines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	bar := New(&out, "orders", 830)
	var all sync.WaitGroup
	for range 830 {
		all.Go(bar.Add)
	}
	all.Wait()
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 10 || lines[0] != "orders: 83 of 830" || lines[9] != "orders: 830 of 830" {
		t.Errorf("progress printed: %q, want ten lines", lines)
	}
}

func TestFewerThanTen(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	bar := New(&out, "products", 2)
	bar.Add()
	bar.Add()
	if out.String() != "products: 1 of 2\nproducts: 2 of 2\n" {
		t.Errorf("progress printed: %q, want a line for each product", out.String())
	}
}
