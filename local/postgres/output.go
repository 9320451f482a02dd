package postgres

import (
	"strings"

	"github.com/annals-es/annals/local/child"
)

// lastWords returns the last fatal error of what a program printed, or else the last line. Programs of PostgreSQL print
// what they do after a fatal error, too.
func lastWords(text string) string {
	lines := strings.Split(text, "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		for _, level := range []string{"FATAL:", "PANIC:", "error:"} {
			if _, why, ok := strings.Cut(lines[i], level); ok {
				return strings.TrimSpace(why)
			}
		}
	}
	return child.LastLine(text)
}
