// Projector is the Lambda function that receives the stream of the event table, and the catch-up queue: it maintains the
// read tables.
package main

import "github.com/annals-es/annals/internal/app"

func main() {
	app.Run(func(s app.Service) (any, error) { return app.Subscriber(s.Projector()) }, app.ProjectorTables...)
}
