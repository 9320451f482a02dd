// Socket is the Lambda function behind the WebSocket API: it checks who connects, and keeps who is connected and what each wants to be told of.
package main

import (
	"os"

	"github.com/annals-es/annals/internal/app"
)

func main() {
	app.Run(func(s app.Service) (any, error) { return s.Socket(os.Getenv) }, app.SocketTables...)
}
