// Rebuilder is the Lambda function that the state machine of rebuilds invokes: it takes the rebuild of a read model from one
// stage to the next.
package main

import "github.com/annals-es/annals/internal/app"

func main() {
	app.Run(func(s app.Service) (any, error) { return s.Rebuilder() }, app.RebuilderTables...)
}
