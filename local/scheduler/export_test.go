package scheduler

import (
	"log/slog"
	"net/http"
)

// BreakFile makes all writes to the file fail.
func BreakFile(s *Scheduler) { _ = s.journal.Close() }

// NewHandler returns what a server answers with, without its port.
func NewHandler(s *Scheduler) http.Handler {
	return (&Server{scheduler: s, log: slog.New(slog.DiscardHandler)}).handler()
}
