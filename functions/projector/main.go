// Projector is the Lambda function that receives the stream of the event table: it maintains the read tables.
package main

import "github.com/annals-es/annals/internal/app"

func main() {
	app.Run(func(s app.Service) (any, error) {
		projector, err := s.Projector()
		if err != nil {
			return nil, err
		}
		return projector.Handle, nil
	}, app.ProjectorTables...)
}
