// Uploads a file in one request, step by step as API documentation shows it, with the package `request`.
//
//     node direct.js API LOGIN PASSWORD FILE NAME

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
		upload(JSON.parse(body).query.tokens.csrftoken);
	});
}

// Step 4: the file
function upload(token) {
	const formData = {
		action: 'upload',
		filename: name,
		ignorewarnings: '1',
		token,
		format: 'json',
		file: fs.createReadStream(path),
	};
	request.post({ url, formData }, (error, response, body) => {
		if (error) {
			throw error;
		}
		console.log(body);
	});
}

getLoginToken();
