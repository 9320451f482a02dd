// Socket is the Lambda function behind the WebSocket API: it keeps who is connected, and what each wants to be told of.
package main

import "github.com/annals-es/annals/internal/app"

func main() {
	app.Run(func(s app.Service) (any, error) { return s.Socket().Handle, nil }, app.SocketTables...)
}
