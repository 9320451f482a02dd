// Annals is the command line for operating a service: it shows events, states and projections, verifies and repairs
// them, serves the console, runs the service locally, and writes new services. Start with its help:
//
//	go run ./cmd/annals help
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	os.Exit(run(newRoot(os.Getenv), os.Stderr, signals))
}
