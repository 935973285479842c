package server

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"github.com/pandal-chat/pandal/api"
)

// TestAvatar: a picture is shown in each community, or in one alone, and can be taken away; what is none is refused with a reason, and changes nothing.
func TestAvatar(t *testing.T) {
	w := newWorld(t)
	var other api.Community
	w.do("POST", "/communities", `{"name":"Harbour"}`, 201, &other)
	picture := func(side int) string {
		m := image.NewGray(image.Rect(0, 0, side, side))
		m.Set(1, 1, color.White)
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	has := func(c api.Community) bool {
		t.Helper()
		var me api.CommunityMe
		w.do("GET", "/communities/"+c.ID+"/me", "", 200, &me)
		return me.HasPicture
	}
	both := func(method, path, body string, n int, first, second bool) {
		t.Helper()
		var got api.ShownIn
		var head []string
		if body != "" {
			head = []string{"Content-Type", "image/png"}
		}
		if w.do(method, path, body, 200, &got, head...); len(got.Communities) != n || has(w.com) != first || has(other) != second {
			t.Errorf("%s %s: %v; shown: %v, %v", method, path, got.Communities, has(w.com), has(other))
		}
	}
	both("PUT", "/me/avatar?community="+other.ID, picture(32), 1, false, true)
	both("DELETE", "/me/avatar?community="+other.ID, "", 1, false, false)
	both("PUT", "/me/avatar", picture(32), 2, true, true)
	res := w.do("GET", "/communities/"+w.com.ID+"/members/"+w.com.MeID+"/picture", "", 200, nil)
	if m, err := png.Decode(res.Body); err != nil || m.Bounds().Dx() != 32 {
		t.Errorf("another picture: %v", err)
	}
	png := []string{"Content-Type", "image/png"}
	w.problem("PUT", "/me/avatar", "no picture", api.CodeInvalid, png...)
	w.problem("PUT", "/me/avatar", picture(1025), api.CodeInvalid, png...)
	w.problem("PUT", "/me/avatar", strings.Repeat("x", maxBody+1), api.CodeTooLarge, png...)
	w.problem("PUT", "/me/avatar?community=com_nope", picture(8), api.CodeNotFound, png...)
	if res := ask(w.h, "PUT", api.Prefix+"/me/avatar", "", append(png, w.auth...)...); res.Code < 400 || res.Code >= 500 {
		t.Errorf("nothing at all is taken: %d", res.Code)
	}
	if !has(w.com) || !has(other) {
		t.Error("what was refused took the picture away")
	}
	both("DELETE", "/me/avatar", "", 2, false, false)
	one := "/communities/" + w.com.ID + "/me" // the same beside the other things that are shown there
	w.do("PATCH", one, `{"picture":"`+base64.StdEncoding.EncodeToString([]byte(picture(32)))+`"}`, 200, nil)
	w.problem("PATCH", one, `{"picture":"*"}`, api.CodeInvalid)
	if !has(w.com) {
		t.Error("no picture by PATCH, or what was refused took it away")
	}
	if w.do("PATCH", one, `{"picture":""}`, 200, nil); has(w.com) {
		t.Error("an empty picture is still one")
	}
	w.do("DELETE", "/communities/"+other.ID, "", 204, nil)
	w.do("DELETE", "/communities/"+w.com.ID, "", 204, nil)
	w.problem("PUT", "/me/avatar", picture(8), api.CodeInvalid, png...) // there is nowhere to show it
}
