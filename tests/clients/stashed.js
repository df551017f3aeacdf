// Uploads a file to the stash and publishes it from there, with the parameters of a chunked upload but all in one
// piece, step by step as API documentation shows it, with the package `request`.
//
//     node stashed.js API LOGIN PASSWORD FILE NAME

const fs = require('fs');
const request = require('request').defaults({ jar: true });

const [url, login, password, path, name] = process.argv.slice(2);

// Step 1: a login token
function getLoginToken() {
	const qs = { action: 'query', meta: 'tokens', type: 'login', format: 'json' };
	request.get({ url, qs }, (error, response, body) => {
		if (error) {
			throw error;
		}
		logIn(JSON.parse(body).query.tokens.logintoken);
	});
}

// Step 2: log in
function logIn(token) {
	const form = { action: 'login', lgname: login, lgpassword: password, lgtoken: token, format: 'json' };
	request.post({ url, form }, (error) => {
		if (error) {
			throw error;
		}
		getCsrfToken();
	});
}

// Step 3: a token for changes
function getCsrfToken() {
	const qs = { action: 'query', meta: 'tokens', format: 'json' };
	request.get({ url, qs }, (error, response, body) => {
		if (error) {
			throw error;
		}
		stash(JSON.parse(body).query.tokens.csrftoken);
	});
}

// Step 4: the file, into the stash
function stash(token) {
	const formData = {
		action: 'upload',
		stash: '1',
		filename: name,
		filesize: fs.statSync(path).size,
		offset: '0',
		format: 'json',
		token,
		ignorewarnings: '1',
		file: fs.createReadStream(path),
	};
	request.post({ url, formData }, (error, response, body) => {
		if (error) {
			throw error;
		}
		console.log(body);
		publish(token, JSON.parse(body).upload.filekey);
	});
}

// Step 5: out of the stash
function publish(token, filekey) {
	const form = { action: 'upload', filename: name, filekey, comment: 'Uploaded by way of the stash', format: 'json', token };
	request.post({ url, form }, (error, response, body) => {
		if (error) {
			throw error;
		}
		console.log(body);
	});
}

getLoginToken();
