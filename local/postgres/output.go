package postgres

import (
	"strings"
	"sync"
)

// output keeps the last few KB that a server printed, for error messages.
type output struct {
	mu   sync.Mutex
	text []byte
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, p...)
	if extra := len(o.text) - 8<<10; extra > 0 {
		o.text = o.text[extra:]
	}
	return len(p), nil
}

// last returns the last fatal error, or else the last line. Programs of PostgreSQL print what they do after a fatal
// error, too.
func (o *output) last() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(o.text)), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		for _, level := range []string{"FATAL:", "PANIC:", "error:"} {
			if _, why, ok := strings.Cut(lines[i], level); ok {
				return strings.TrimSpace(why)
			}
		}
	}
	return lines[len(lines)-1]
}
