// Package annalslambda makes the Lambda functions of a service from its declaration. Each main is one line:
//
//	func main() { annalslambda.Command(shop.New()) }
//
// [Command], [Query] and [Docs] answer API Gateway, [Projector] and [Reactor] take the stream of the event table and a
// queue of jobs, [Rebuilder] takes the stages of rebuilds from Step Functions, and [Socket] answers the WebSocket API.
// Each function links only what it needs.
//
// What the functions find in their environment is in package annalsaws: the names of tables and its Variables.
// Tests build the same on a [Deployment]. The query function, the projector and the reactor also do what operators'
// tools ask for: see package annalsaws/ask.
package annalslambda
