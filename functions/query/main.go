// Query is the Lambda function behind the routes that read: it answers from the read tables, and the audit trail from the
// event table.
package main

import "github.com/annals-es/annals/internal/app"

func main() {
	app.Run(func(s app.Service) (any, error) {
		handler, err := s.Query()
		return app.Gateway(handler, s.Log), err
	}, app.QueryTables...)
}
