package chat_test

import (
	"fmt"

	"github.com/linnet-at/linnet/api/chat"
)

func ExampleConvoSendMessageInput() {
	in := chat.ConvoSendMessageInput{ConvoID: "3jzfcijpj2z2a", Message: chat.ConvoDefsMessageInput{Text: "Hello"}}
	text, err := in.MarshalJSON()
	fmt.Println(string(text), err)
	// Output: {"convoId":"3jzfcijpj2z2a","message":{"text":"Hello"}} <nil>
}
