# What people are told, by MediaWiki's message keys. $p1, $p2 and so on are the message's parameters.

## Requests

apierror-assertanonfailed = You asked to go on only when logged out, but you are logged in.
apierror-assertbotfailed = You asked to go on only with the right "bot", which you don't have.
apierror-assertnameduserfailed = You asked to go on only as "{ $p1 }", but that is not who you are logged in as.
apierror-assertuserfailed = You asked to go on only when logged in, but you are not. Log in again.
apierror-badcontinue = The value to continue from is none that an answer has given. Send the one of the last answer unchanged.
apierror-badmodule-notfound = There is no module "{ $p1 }".
apierror-badmodules = No such modules: { $p1 }.
apierror-badtoken = The token is not one of this session. Fetch a new one with action=query&meta=tokens and try again.
apierror-badurl = "{ $p1 }" has to be a complete address.
apierror-bodytoobig = The request has too many fields, or they are too long.
apierror-create-titleexists = There is a page of this title, so that making it can't be protected.
apierror-exceptioncaught = Something went wrong on the server ({ $p1 }). Nothing was changed; try again later.
apierror-invalidexpiry = "{ $p1 }" is no time at which something could end.
apierror-invalidmethod = Send GET or POST requests.
apierror-invalidparammix = These parameters can't be used together: { $p1 }.
apierror-invalidparammix-cannotusewith = "{ $p1 }" can't be used together with "{ $p2 }".
apierror-invalidparammix-mustusewith = "{ $p1 }" works only together with "{ $p2 }".
apierror-invalidsha1base36hash = A SHA-1 in base 36 has 31 digits and letters.
apierror-invalidsha1hash = A SHA-1 has 40 hexadecimal digits.
apierror-invalidtitle = "{ $p1 }" can't be the title of a page.
apierror-invalidurlparam = { $p2 }={ $p3 } can't be part of "{ $p1 }urlparam".
apierror-maxlag = The server lags by { $p1 } seconds.
apierror-missingparam = The parameter "{ $p1 }" is missing.
apierror-missingparam-at-least-one-of = At least one of these parameters is needed: { $p1 }.
apierror-missingparam-one-of = One of these parameters is needed: { $p1 }.
apierror-missingtitle-createonly = There is no page of this title, so that nothing but making it can be protected.
apierror-multisource = Ask for pages by titles or by ids, not by both.
apierror-mustbeloggedin = You have to be logged in { $p1 }.
apierror-mustbeloggedin-uploadstash = You have to be logged in to have stashed files.
apierror-mustbeposted = "{ $p1 }" takes POST requests only.
apierror-mustpostparams = Send these parameters in the body, not in the address, where they would be logged: { $p1 }.
apierror-nosuchpageid = There is no page with the number { $p1 }.
apierror-pastexpiry = The time "{ $p1 }" has passed.
apierror-permissiondenied = You have no permission { $p1 }.
apierror-protect-invalidaction = "{ $p1 }" can't be protected.
apierror-protect-invalidlevel = There is no level of protection "{ $p1 }".
apierror-ratelimited = You are doing this too often. Wait a while.
apierror-readapidenied = You have no permission to read by the API. A bot password needs the grant "basic".
apierror-readonly = Nothing can be changed here at present.
apierror-toofewexpiries = There are { $p1 } times for { $p2 } protections. Give one for all, or one for each.
apierror-unknownaction = There is no such action.
apierror-unrecognizedparams = Nothing here knows the parameters { $p1 }.
apierror-urlparamnormal = { $p1 } can't have a thumbnail of this size.
apierror-writeapidenied = You have no permission to change anything by the API.

apihelp-see = See { $p1 } for the use of the API, and mediawiki-api-announce for changes to it.

apiwarn-badurlparam = "{ $p1 }urlparam" is not understood for { $p2 }; width and height alone count.
apiwarn-badutf8 = The value of "{ $p1 }" was not clean Unicode text and has been changed.
apiwarn-deprecation-help = Parts of the API that were used here will go away. Their documentation tells what takes their place.
apiwarn-deprecation-login-nobotpw = Logging in with the account's own password may stop working. Make a bot password for your program.
apiwarn-deprecation-login-token = Fetch the token for logging in with action=query&meta=tokens&type=login.
apiwarn-errorprinterfailed = The error is not shown in the form that was asked for.
apiwarn-errorprinterfailed-ex = That form can't be made: { $p1 }
apiwarn-nothumb-noimagehandler = { $p1 } is of a type that has no thumbnails; "urlparam" is not heeded.
apiwarn-tokens-origin = There are no tokens for requests of other sites' scripts.
apiwarn-unsupportedarray = "{ $p1 }" was sent as an array, which is not read. Separate its values by "|".
apiwarn-urlparamwidth = "{ $p1 }urlparam" names the width { $p2 }, but { $p3 } was asked for as well, and counts.

paramvalidator-badinteger = "{ $p2 }" is no whole number, which "{ $p1 }" has to be.
paramvalidator-badexpiry = "{ $p2 }" is neither a time nor a length of time that "{ $p1 }" could be.
paramvalidator-badexpiry-duration-max = "{ $p1 }" can be at most { $p3 } from now, so "{ $p2 }" was cut to that.
paramvalidator-badexpiry-past = "{ $p1 }" would be over already: { $p2 }.
paramvalidator-badtimestamp = "{ $p2 }" is no time that "{ $p1 }" could be.
paramvalidator-badtitle = "{ $p2 }" is no title, which "{ $p1 }" has to be.
paramvalidator-badupload-cantwrite = The file in "{ $p1 }" could not be stored: the server's storage is full or fails.
paramvalidator-badupload-inisize = The file in "{ $p1 }" is larger than files may be here.
paramvalidator-badupload-notupload = "{ $p1 }" has to be a file part of a multipart/form-data body.
paramvalidator-badupload-partial = The file in "{ $p1 }" has not arrived completely.
paramvalidator-baduser = "{ $p2 }" is no user name, which "{ $p1 }" has to be.
paramvalidator-badvalue-enumnotmulti = "{ $p2 }" is none of the values that "{ $p1 }" can have.
paramvalidator-missingparam = The parameter "{ $p1 }" is missing.
paramvalidator-missingtitle = There is no page "{ $p1 }".
paramvalidator-notmulti = "{ $p1 }" takes a single value.
paramvalidator-outofrange-max = "{ $p1 }" can be at most { $p3 }, not { $p2 }.
paramvalidator-outofrange-min = "{ $p1 }" has to be at least { $p3 }, not { $p2 }.
paramvalidator-outofrange-minmax = "{ $p1 }" has to be between { $p3 } and { $p4 }, not { $p2 }.
paramvalidator-param-deprecated = The parameter "{ $p1 }" will go away.
paramvalidator-toomanyvalues = "{ $p1 }" takes at most { $p2 } values.
paramvalidator-unclearnowtimestamp = "{ $p2 }" for "{ $p1 }" is taken for the current time. Write "now" for that.
paramvalidator-unrecognizedvalues = "{ $p1 }" doesn't know the values { $p2 }.

## Accounts

action-applychangetags = to apply tags along with your changes
action-bigdelete = to delete pages with long histories
action-block = to block users
action-browsearchive = to search deleted pages
action-changetags = to change the tags of revisions and log entries
action-createpage = to make pages
action-createtalk = to make talk pages
action-delete = to delete pages
action-deletechangetags = to delete tags
action-deletedhistory = to see the history of deleted pages
action-deletedtext = to see deleted texts
action-edit = to edit pages
action-editmywatchlist = to change your watchlist
action-editprotected = to edit protected pages
action-managechangetags = to make and switch tags
action-move = to move pages
action-movefile = to move files
action-protect = to protect pages
action-read = to read pages
action-reupload = to replace files
action-reupload-own = to replace files that you uploaded yourself
action-reupload-shared = to put files in front of those of a shared repository
action-suppressredirect = to move pages without leaving a redirect
action-undelete = to restore pages
action-upload = to upload files
action-upload_by_url = to upload files from other servers
action-viewmywatchlist = to see your watchlist
api-login-fail-badsessionprovider = You are logged in with a bot password already. Log out first, or drop the cookies.
api-login-fail-sameorigin = A script of another site can't log in.
apierror-autoblocked = Your address is blocked for a while, because a blocked user came from it.
apierror-blocked = You are blocked from changing anything here.
apierror-blocked-partial = You are blocked from changing this.
apierror-cantblock-email = You have no permission to keep users from sending e-mail.
apierror-nosuchuserid = There is no user with the number { $p1 }.
apierror-permissiondenied-unblock = You have no permission to unblock users.
authmanager-authn-no-primary = Name or password is missing.
authmanager-authn-not-in-progress = No login is under way that could be continued.
badaccess-group0 = You have no permission to do that.
botpasswords-invalid-app-id = "{ $p1 }" can't be the name of an application: it has 1 to 32 characters, and no "@", ":" or "/".
botpasswords-invalid-password = A bot password has at least 32 characters out of 0-9 and a-w.
invaliduser = "{ $p1 }" can't be a user name.
ip_range_invalid = That is no network of addresses.
ip_range_toolow = The network is too large: its prefix has to have { $p1 } bits at least.
ipb_already_blocked = "{ $p1 }" is blocked already.
ipb_cant_unblock = There is no such block; it may have ended.
ipb_expiry_invalid = That is no time at which something could end.
ipb_expiry_old = The time at which it should end has passed.
ipbblocked = You are blocked yourself, so you can't block or unblock others.
ipbnounblockself = You can't unblock yourself.
login-throttled = There were too many failed logins. Wait { $p1 } seconds.
nosuchuser = There is no user "{ $p1 }".
nosuchusershort = There is no user "{ $p1 }".
passwordtooshort = The password is empty.
protect-cantedit = You can't change the protection of a page that you have no permission to edit.
protectedpagetext = This page is protected: to do this ({ $p2 }) you need the right "{ $p1 }".
sessionlost = The session was not found. Are your cookies kept from one request to the next?
titleprotected = { $p1 } has protected this title, so that it gets no page: { $p2 }
unknown-grant = There is no grant "{ $p1 }".
unknown-group = There is no group "{ $p1 }".
userexists = There is a user "{ $p1 }" already.
watchlistanontext = You have to be logged in to have a watchlist.
wrongpassword = Name or password is wrong.

## Titles

title-invalid-characters = The title has characters that titles can't have.
title-invalid-empty = The title is empty.
title-invalid-leading-colon = The title begins with a colon.
title-invalid-magic-tilde = The title has three tildes in a row.
title-invalid-relative = The title has parts that are paths.
title-invalid-too-long = The title is longer than 255 bytes.
title-invalid-utf8 = The title is not Unicode text.

## Pages

apierror-articleexists = There is such a page already.
apierror-badmd5 = What arrived is not what the MD5 says. Send it again.
apierror-cantview-deleted-description = You have no permission to see the comments of deleted files.
apierror-cantview-deleted-metadata = You have no permission to see the metadata of deleted files.
apierror-contenttoobig = A page has at most { $p1 } KB of text.
apierror-invalidsection = A section is given by its number, or by "new".
apierror-invalidtitle = "{ $p1 }" can't be a title.
apierror-cantoverwrite-sharedfile = The shared repository has a file of that name, and you do not have the permission to hide it.
apierror-fileexists-sharedrepo-perm = The shared repository has a file of that name. To hide it, send ignorewarnings.
backend-fail-notexists = A file that should be in the storage is not there.
backend-fail-read = A file could not be read from the storage.
backend-fail-store = The file could not be stored: the storage is full or fails.
apierror-missingtitle = There is no such page.
apierror-nosuchpageid = There is no page with the id { $p1 }.
apierror-nosuchrevid = There is no revision with the id { $p1 }.
apierror-pagecannotexist = This namespace has no pages that could be made or changed.
apierror-pagedeleted = The page was deleted after you began.
apierror-permissiondenied-patrolflag = You have no permission to see what is patrolled.
apierror-redirect-appendonly = Through a redirect, text can only be added: by appendtext, prependtext, or a new section.
apierror-revisions-singlepage = These parameters are for one page only: { $p1 }.
apierror-revwrongpage = The revision { $p1 } is another page's.
apierror-sectionsnotsupported = Sections can't be edited alone. Edit the whole page, or add a section.
apierror-show = Something can't be so and not so at once.
apiwarn-deprecation-missingparam = Without "{ $p1 }" the answer has an old form that will go away.
articleexists = There is a page or a file at { $p1 } already.
autoredircomment = Leads to { $p1 } now
autosumm-blank = Took all text away
autosumm-new = New page: "{ $p1 }"
autosumm-newblank = New page without text
cannotundelete = There is nothing to restore, or it has been restored already.
delete-talk-summary-prefix = Deleted together with its page
delete_and_move_reason = Made room for [[{ $p1 }]], which moves here
deleteprotected = The page is protected, so you can't delete it.
deletedrevision = The old version { $p1 } was deleted
edit-conflict = Others have changed the same lines meanwhile.
exblank = The page had no text.
excontent = The text was: "{ $p1 }"
filerevert-badversion = The file has no old version of this name.
imageinvalidfilename = A file can't have that name.
imagenocrossnamespace = A file can't move to another namespace.
imagetypemismatch = The new extension is not one of the file's type.
immobile-target-namespace = Nothing can move to the namespace "{ $p1 }".
invalidoldimage = That can't be the name of an old version.
logentry-move-move = { $p1 } moved { $p2 } to { $p3 }
logentry-move-move_redir = { $p1 } moved { $p2 } to { $p3 }, in the place of a redirect
logentry-upload-overwrite = { $p1 } uploaded a further version of { $p2 }
logentry-upload-upload = { $p1 } uploaded { $p2 }
movenologintext = Only users who are logged in can move pages.
movenotallowed = You have no permission to move pages.
movenotallowedfile = You have no permission to move files.
newsectionsummary = /* { $p1 } */ A new section
nodeleteablefile = The file has no such old version.
nonfile-cannot-move-to-file = Only files can move to the namespace of files.
protectedinterface = This page holds texts of the software. You have no permission to change those.
redirectexists = At { $p1 } is a redirect to another page.
selfmove = The page has this title already.
undo-failure = This can't be taken back, for the same lines have been changed since.
undo-summary = Took back the revision { $p1 } by { $p2 }

## Tags

tags-activate-not-allowed = The tag "{ $p1 }" is in use already.
tags-activate-not-found = There is no tag "{ $p1 }".
tags-apply-blocked = You are blocked, so that you can't mark your changes with tags.
tags-apply-no-permission = You have no permission to mark your changes with tags.
tags-apply-not-allowed-multi = Users can't give these tags: { $p1 }.
tags-apply-not-allowed-one = Users can't give the tag "{ $p1 }".
tags-create-already-exists = There is a tag "{ $p1 }" already.
tags-create-invalid-chars = The name of a tag has no comma, no "|" and no "/".
tags-create-invalid-title-chars = The name of a tag has only characters that titles of pages can have, and not too many of them.
tags-create-no-name = The tag needs a name.
tags-deactivate-not-allowed = The tag "{ $p1 }" is none that could be taken out of use.
tags-delete-no-permission = You have no permission to delete tags.
tags-delete-not-found = There is no tag "{ $p1 }".
tags-delete-too-many-uses = The tag "{ $p1 }" is on more than { $p2 } changes, so that it can't be deleted.
tags-manage-blocked = You are blocked, so that you can't make or change tags.
tags-manage-no-permission = You have no permission to make or change tags.

## Uploads

api-error-publishfailed = The file could not be published. Try it again with the same file key.
api-error-stashfailed = The chunks could not be put together. Send the last one again, or begin a new upload.
apierror-cannot-async-upload-file = A file that is sent with the request is dealt with at once: "async" and "file" can't be used together. Stash the file first, then publish it by its file key.
apierror-chunk-too-small = A chunk that is not the last one has at least { $p1 } bytes.
apierror-invalid-chunk = The chunk goes beyond the announced size of the file.
apierror-invalid-file-key = That can't be a file key.
apierror-stashfailed = The chunk was not accepted: { $p1 }
apierror-stashfailed-complete = All chunks of this upload have arrived, or it has failed. Begin a new upload.
apierror-stashfailed-offset = The upload waits for the chunk at another offset.
apierror-upload-filekeyneeded = A chunk that is not the first one needs the file key of its upload.
apierror-upload-filekeynotallowed = The first chunk has no file key.
apierror-upload-inprogress = This file is being published already.
apierror-upload-missingresult = Nothing is known of an upload with this key.
badchecksum = "{ $p1 }" is not a checksum in the form that is expected there.
checksum-mismatch = The bytes that arrived are not those that "{ $p1 }" announced. Nothing was kept; send them again.
copyuploadbaddomain = Files can't be uploaded from that server.
copyuploaddisabled = Uploads from other servers are switched off.
empty-file = The file is empty.
fetch-broken-transfer = the transfer ended early
fetch-no-connection = there is no connection to the server, or none that can be trusted
fetch-unknown-host = the server's name is not known
file-too-large = The file is larger than files may be here.
fileexists = There is a file named { $p1 }.
fileexists-forbidden = There is a file named { $p1 }, and you have no permission to replace it. Choose another name.
fileexists-no-change = The file is the same as the current version of { $p1 }.
fileexists-shared-forbidden = There is a file named { $p1 } in the shared repository, and you have no permission to put another in its place here. Choose another name.
filename-toolong = A file name has at most 240 bytes.
filetype-bad-ie-mime = The file could be taken for "{ $p1 }" by a browser, which is not allowed here.
filetype-badmime = Files of the type "{ $p1 }" are not allowed here.
filetype-banned-type = Files of the type { $p1 } are not allowed here. Allowed are { $p2 }.
filetype-mime-mismatch = The name ends in "{ $p1 }", but the file is of the type "{ $p2 }".
filetype-missing = The name has no extension, such as ".jpg".
http-bad-status = The other server answers with an error: { $p1 } { $p2 }
http-curl-error = The file could not be fetched: { $p1 }.
http-invalid-url = "{ $p1 }" is no address that can be fetched.
http-read-error = The other server sends the file in a coded form, which was not asked for.
http-timed-out = Fetching the file took too long.
illegal-filename = The file can't have this name.
illegalfilename = The file can't be named "{ $p1 }". Choose another name.
minlength1 = The name has nothing before its extension.
nocreate-loggedin = You have no permission to make new pages.
nocreatetext = Only users who are logged in can make new pages.
stash-lost = Bytes that were sent before are lost. Begin the upload anew.
stash-incomplete = Not all of its chunks have arrived.
stashfailed = The file was not stashed: { $p1 }
stashnotloggedin = You have to be logged in to stash files.
thumbnail_error = The thumbnail can't be made: { $p1 }.
thumbnail_toobigimagearea = The file has { $p1 } pixels, which is too large for thumbnails.
upload-copy-upload-invalid-domain = The address leads to a server that files can't be uploaded from.
upload-scripted-dtd = The file has a document type definition that is not allowed.
upload-scripted-pi-callback = The file has a processing instruction for style sheets, which is not allowed.
upload-too-many-redirects = The address leads to too many others, one after the other.
uploaddisabled = Uploads are switched off.
uploaded-animate-svg = The drawing changes a link by animation, by the attribute { $p1 } = "{ $p2 }".
uploaded-event-handler-on-svg = The drawing has the event handler { $p1 } = "{ $p2 }".
uploaded-hostile-svg = The drawing's style sheet loads something from elsewhere.
uploaded-href-attribute-svg = The drawing links elsewhere: <{ $p1 } { $p2 }="{ $p3 }">.
uploaded-href-unsafe-target-svg = The drawing links to unsafe data: <{ $p1 } { $p2 }="{ $p3 }">.
uploaded-image-filter-svg = The drawing's filter loads an image from elsewhere: <{ $p1 } { $p2 }="{ $p3 }">.
uploaded-remote-url-svg = The drawing's style loads something from elsewhere: { $p1 } = "{ $p2 }".
uploaded-script-svg = The drawing has the active element "{ $p1 }".
uploaded-setting-event-handler-svg = The drawing sets an event handler: <{ $p1 } { $p2 }="{ $p3 }">.
uploaded-setting-handler-svg = The drawing sets a handler by { $p1 } = "{ $p2 }".
uploaded-setting-href-svg = The drawing sets a link by animation.
uploaded-wrong-setting-svg = The drawing sets a link to "{ $p1 }".
uploadinvalidxml = The drawing is no well-formed XML.
uploadscripted = The file holds HTML or a script that a browser might run.
uploadscriptednamespace = The drawing has elements of the foreign namespace "{ $p1 }".
uploadstash-bad-path-bad-format = "{ $p1 }" can't be a file key.
uploadstash-file-not-found = There is no stashed file with the key "{ $p1 }".
uploadstash-no-session = Nothing is known of an upload with this key.
uploadstash-wrong-owner = The stashed file "{ $p1 }" is another user's.
uploadvirus = The file is infected, or could not be scanned: { $p1 }.
verification-error = The file is not what its name says, or holds something that is not allowed.
