// Reactor is the Lambda function that receives the stream of the event table, and the reaction queue: it answers events
// with commands, publishes those that are public, and tells of tampering.
package main

import (
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/annals/publish/eventbus"
	"github.com/annals-es/annals/shop"
)

func main() { annalslambda.Reactor(shop.New(), eventbus.Connect) }
