// Command is the Lambda function behind the routes that change something: it decides commands and appends their events.
package main

import (
	"context"

	"github.com/annals-es/annals/internal/app"
)

func main() {
	app.Run(func(s app.Service) (any, error) {
		handler, err := s.Command()
		if err == nil {
			err = s.CheckEmailKey(context.Background())
		}
		return app.Gateway(handler, s.Log), err
	}, app.CommandTables...)
}
