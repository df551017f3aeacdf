<?php
// Uploads a file in one request, step by step as API documentation shows it, with curl.
//
//     php direct.php API LOGIN PASSWORD FILE NAME

[ , $api, $login, $password, $path, $name ] = $argv;
$cookies = tempnam( sys_get_temp_dir(), 'cookies' );

$loginToken = query( 'login', 'logintoken' );
logIn( $loginToken );
$csrfToken = query( 'csrf', 'csrftoken' );
upload( $csrfToken );
unlink( $cookies );

// A request that keeps its cookies in a file, like all of them here.
function request( $url ) {
	global $cookies;
	$ch = curl_init( $url );
	curl_setopt( $ch, CURLOPT_RETURNTRANSFER, true );
	curl_setopt( $ch, CURLOPT_COOKIEJAR, $cookies );
	curl_setopt( $ch, CURLOPT_COOKIEFILE, $cookies );
	return $ch;
}

function finish( $ch ) {
	$output = curl_exec( $ch );
	if ( $output === false ) {
		fwrite( STDERR, curl_error( $ch ) . "\n" );
		exit( 1 );
	}
	curl_close( $ch );
	return $output;
}

// Steps 1 and 3: tokens
function query( $type, $key ) {
	global $api;
	$params = [ 'action' => 'query', 'meta' => 'tokens', 'format' => 'json' ];
	if ( $type !== 'csrf' ) {
		$params['type'] = $type;
	}
	$result = json_decode( finish( request( $api . '?' . http_build_query( $params ) ) ), true );
	return $result['query']['tokens'][$key];
}

// Step 2: log in
function logIn( $token ) {
	global $api, $login, $password;
	$ch = request( $api );
	curl_setopt( $ch, CURLOPT_POST, true );
	curl_setopt( $ch, CURLOPT_POSTFIELDS, http_build_query( [
		'action' => 'login',
		'lgname' => $login,
		'lgpassword' => $password,
		'lgtoken' => $token,
		'format' => 'json',
	] ) );
	finish( $ch );
}

// Step 4: the file. The header names no boundary; curl adds it.
function upload( $token ) {
	global $api, $path, $name;
	$ch = request( $api );
	curl_setopt( $ch, CURLOPT_HTTPHEADER, [ 'Content-type: multipart/form-data' ] );
	curl_setopt( $ch, CURLOPT_POST, true );
	curl_setopt( $ch, CURLOPT_POSTFIELDS, [
		'action' => 'upload',
		'filename' => $name,
		'file' => curl_file_create( $path, 'multipart/form-data', $name ),
		'format' => 'json',
		'token' => $token,
		'ignorewarnings' => 1,
	] );
	echo finish( $ch ), "\n";
}
