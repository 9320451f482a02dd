// Annals is the command line of the people who run the service.
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
