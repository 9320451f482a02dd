// Reactor is the Lambda function that receives the stream of the event table, and the reaction queue: it answers events with
// commands.
package main

import (
	"github.com/annals-es/annals/internal/app"
	"github.com/annals-es/annals/internal/app/bus"
)

func main() {
	app.Run(func(s app.Service) (any, error) { return app.Subscriber(bus.Connect(s).Reactor()) }, app.ReactorTables...)
}
