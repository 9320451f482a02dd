// Socket is the Lambda function behind the WebSocket API: it checks who connects, and keeps who is connected and what
// each wants to be told of.
package main

import (
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/shop"
)

func main() { annalslambda.Socket(shop.New()) }
